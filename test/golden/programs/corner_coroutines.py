# call: run()
# Coroutines and what awaits them.
import asyncio


# 46. The frames of the two tasks alternate and keep their numbers.
async def turn(name, order):
    order.append(name)
    await asyncio.sleep(0)
    order.append(name.upper())


async def turns():
    order = []
    await asyncio.gather(turn("x", order), turn("y", order))
    return order


# 47. `async with` and `async for`: entered, three times resumed (the last ends it), left; no exception shows.
class Session:
    async def __aenter__(self):
        return 100

    async def __aexit__(self, *found):
        return None


async def pages():
    yield 1
    yield 2


async def visit():
    seen = []
    async with Session() as base:
        async for page in pages():
            seen.append(base + page)
    return seen


# 48. A coroutine that is never awaited has no event, not even where it is closed.
async def never():
    return "never"


def unawaited():
    pending = never()
    pending.close()
    pending = None
    return pending


def run():
    asyncio.run(turns())
    asyncio.run(visit())
    unawaited()
