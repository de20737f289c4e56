"""What only a store on a server has: several collectors over it, and a server that goes away."""
