"""The program-based teacher: kinds of tasks as data (`training/bank`), and how one problem is drawn from them."""
