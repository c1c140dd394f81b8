# expect: events-exceeded (touches-clock)
# attack: an event loop that always has something to do
# after:  the canary of the same sandbox is unchanged
import asyncio


async def spin():
    while True:
        await asyncio.sleep(0)


asyncio.run(spin())
