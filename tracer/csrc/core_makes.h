/* What instructions make of the operand stack and of names, as places of a plan say it. */
#ifndef TRACEMILL_CORE_MAKES_H
#define TRACEMILL_CORE_MAKES_H

enum {
    EFFECT_OTHER, /* what the short way does not know (core_short.c) */
    EFFECT_NONE,
    EFFECT_PUSH,      /* one value more */
    EFFECT_CONST,     /* that of a constant: `name` and `next_name` are the entry of its text, 0 where it is not known */
    EFFECT_COPY,      /* that of the value so far below: `name` */
    EFFECT_SWAP,      /* the top and the value so far below */
    EFFECT_LOAD,      /* that of a name */
    EFFECT_LOAD_BOTH, /* those of two */
    EFFECT_POP,       /* one value less */
    EFFECT_STORE,     /* which a name gets */
    EFFECT_MAKE,      /* one value of one or two */
    EFFECT_ITEM,      /* one of two, of which the lower may be a list or a dict */
    EFFECT_LOOKUP,    /* one of two, of which one may be a dict */
    EFFECT_ANY,       /* others, of the stack alone */
    EFFECT_GIVE,      /* like these, one value more */
    EFFECT_GIVE_BOTH, /* two more: what is called, and NULL */
    EFFECT_METHOD,    /* two for one: a method and what it is of, or what is called and NULL */
    EFFECT_TURN,      /* one for one */
    EFFECT_JOIN,      /* one for two */
};
/* So many values at most are written anew where two change places. */
#define SWAP_MAX 3
/* When an instruction changes nothing else, and runs nothing: what it lets go of may run code as it ends. */
enum { CALM_NEVER, CALM_BY_VALUE, CALM_ALWAYS };

#pragma GCC visibility push(hidden)
/* core_makes.c */
int popped_by(const plan *p, int unit);
void find_makes(plan *p);
#pragma GCC visibility pop
#endif
