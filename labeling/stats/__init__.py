"""Plain functions of arrays: the formulas behind labels, samples and agreement."""
