"""How people write words, numbers and final answers, in many languages: text in, words and values out.

It knows no item, grader or store. What languages write comes from CLDR (through babel), what a letter is from Unicode.
"""
