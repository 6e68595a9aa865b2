"""Bytes of an answer -> events, for every wire format.

    reader = streams.reader(endpoint.wire, content_type)
    for chunk in wire: yield from reader.feed(chunk)
    yield from reader.end()        # the last event is Closed

sse.py cuts a stream into frames; chat.py, responses.py, messages.py and media.py turn frames into events;
whole.py reads whole JSON bodies; reader.py puts them together. That is for what streams live.

assemble.py makes the whole body of an answer that has ended, one assembler for each wire beside it: that body is
what pages, comparisons and exports read.
"""

from generations.gateway.streams.reader import Reader, reader

__all__ = ["Reader", "reader"]
