"""Simulated cameras with their own truth: shows the programs at work and checks their numbers. Imports none of them."""
