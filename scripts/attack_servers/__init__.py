"""Attacks on real servers, on loopback: `make attack-servers`. One module a door, each with its list `ATTACKS`."""
