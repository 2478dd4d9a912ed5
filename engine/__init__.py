"""Problem in, solution out: backends, the solver loop, answers, voting, and what people see of it."""
