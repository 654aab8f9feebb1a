"""What an agent's machine sends to the hub: kept on its disk until the hub has it, over one outbound WebSocket.

A line that breaks, a hub that is killed, or this program itself killed loses no event: each has an identity, its call
and its number there, is sent in order until the hub has acknowledged it, and counts once.
"""
