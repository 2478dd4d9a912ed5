"""The DeepMind mathematics dataset (Saxton et al. 2019, arXiv 1904.01557), whose rows are questions and answers only.

A question is read by rules and becomes a program (`reader`), a table of asks for each group of modules. What the program
prints is compared with the dataset's answer by the pipeline that the `teacher` feeds. `variation` writes more questions in
the same style, with longer numbers and more terms than the dataset has.
"""
