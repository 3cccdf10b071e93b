"""Everything that lets vodpass run on one machine, without an account."""
