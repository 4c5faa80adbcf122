"""The JSON API and the files, made from REPORTS."""
