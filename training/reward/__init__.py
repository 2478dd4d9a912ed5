"""The reward model, which is relative: of two attempts at one problem the right one gets the higher reward."""
