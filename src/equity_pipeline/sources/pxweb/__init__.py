"""Tables of statistical agencies: PxWebApi 2 and 1, json-stat, and what is made from them."""
