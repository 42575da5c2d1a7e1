"""What a run amounts to, for whoever shows it: tables, curves over seeds, the gain. Neither torch nor Qt."""
