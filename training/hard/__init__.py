"""Hard samples: problems that are sampled often and solved seldom, as data."""
