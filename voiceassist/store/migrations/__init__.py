"""The steps by which the tables came to be what they are: each opens older stores to this version."""
