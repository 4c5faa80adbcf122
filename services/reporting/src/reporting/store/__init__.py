"""All SQL of reporting: `writing` for the handler, one module of reads for each part of the API."""
