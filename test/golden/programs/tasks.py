# call: run()
import asyncio


class Manager:
    async def __aenter__(self):
        return 1

    async def __aexit__(self, *found):
        return False


async def numbers():
    yield 1
    yield 2


async def work(name, out):
    out.append(name + "1")
    await asyncio.sleep(0)
    out.append(name + "2")


async def main():
    out = []
    await asyncio.gather(work("a", out), work("b", out))
    async with Manager() as step:
        async for number in numbers():
            out.append(number + step)
    return out


def run():
    return asyncio.run(main())
