"""Pure functions from a record to what a page shows. No database, no network, no models.

outline         make(record) -> Outline: everything below, once, at lookup; pages read nothing else
conversation    turns and parts of request and answer, for every wire format (wires/)
parameters      what was asked for besides the conversation; tools and output schema
timing          where the time went, attempt by attempt, with the meaning of each era
money, usage    cost lines that add up, and what was counted
verdict         what happened, whose fault, what to do, will a replay help: rules as data
replayability   why a request cannot be replayed, or its content is missing, each with its fix
damage          values of a stored request that the gateway replaced
json_view       JSON level by level
numbers, text   numbers with units; safe, short text; paths
shapes          the page data itself
"""
