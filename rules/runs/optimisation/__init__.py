"""NR1: is the loss going where it should?"""
