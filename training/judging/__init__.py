"""What the reward model and the critique model share: labelled attempts, their encoding, the training, the figures."""
