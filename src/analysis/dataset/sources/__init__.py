"""Where data come from: what a name, a file, a folder, a database or a dataset.yml stands for."""
