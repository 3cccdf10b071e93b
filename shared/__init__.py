"""The thin credential module: what two or more functions need, and nothing else."""
