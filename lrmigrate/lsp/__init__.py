"""The language server: findings, fixes and explanations in an editor, while you type.

`document` knows texts and the positions of the protocol, `options` which options hold for a text, `unit`
what is analysed together and what a fix makes of it, `workspace` the program around it; `messages` turns
findings into what the protocol sends, `server` keeps the conversation. How something is found is not known
here, and nowhere else is the protocol known.
"""
