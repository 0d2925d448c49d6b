"""What mails say.

One template for each kind of mail holds the words, once; `parts.txt` and `parts.html` give them the
shape of plain text and of HTML. So the two say the same, and one of them cannot be forgotten.
"""
