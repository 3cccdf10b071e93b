"""What we are measured against: `floor` knows no package, `plain` follows the documentation."""
