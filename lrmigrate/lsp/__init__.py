"""The language server: findings, fixes and explanations in an editor, while one types.

`document` knows texts and the positions of the protocol, `unit` what is analysed together and what a fix
makes of it, `messages` turns findings into what the protocol sends, `server` keeps the conversation.
Nothing here knows a rule, and no other module knows the protocol.
"""
