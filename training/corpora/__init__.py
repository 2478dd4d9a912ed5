"""Public data sets, converted to problems with proposed solutions in this project's form."""
