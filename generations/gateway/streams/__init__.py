"""Bytes of an answer -> events, for every wire format.

    reader = streams.reader(endpoint.wire, content_type)
    for chunk in wire: yield from reader.feed(chunk)
    yield from reader.end()        # the last event is Closed

sse.py cuts a stream into frames; chat.py, responses.py, messages.py and media.py turn frames into events;
whole.py reads whole JSON bodies; reader.py puts them together. They serve answers that stream live.

assemble.py makes the whole body of an answer that has ended, with one assembler for each wire format: that body is
what pages, comparisons and exports read.
"""

from generations.gateway.streams.reader import Reader, reader

__all__ = ["Reader", "reader"]
