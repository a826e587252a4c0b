"""The whole job on real comuni, from open data kept beside the project."""
