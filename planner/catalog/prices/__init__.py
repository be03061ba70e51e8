"""Price maps: litellm's, read as data; fetched anew; providers and regions; what stays unlisted.

In: the installed map, fetched maps, catalogs/. Out: offers with their prices. May not know: requests, beliefs.
"""
