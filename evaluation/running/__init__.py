"""Taking the samples of a run: what is planned, taken, recorded, shown, resumed and graded again."""
