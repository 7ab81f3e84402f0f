"""The stand-in: a small server in the shape of an Atlassian product, for the demo and for quick tests. No product runs here."""
