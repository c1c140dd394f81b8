# call: run()
# limits: {"events": 12}
def run():
    n = 0
    while True:
        n += 1
