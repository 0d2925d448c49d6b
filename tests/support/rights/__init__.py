"""The matrix of rights: a readable table of rules, the people in its columns and the things they reach for."""
