/* What instructions make of the operand stack and of names, where it is one of the few common ways: worked out once for
 * each place, where instructions are events. core_short.c tells the next event from what the last one knew. */
#include "core.h"
#include "core_makes.h"
#include "core_opcodes.h"
#include "opcode_ids.h"

/* So many values from above an instruction takes, or puts others in their place. The interpreter's table counts among
 * them what is only looked at. */
int
popped_by(const plan *p, int unit)
{
    switch (p->op[unit]) {
    case FOR_ITER:
    case COPY:
        return 0;
    case LIST_APPEND:
    case SET_ADD:
        return 1;
    case MAP_ADD:
        return 2;
    default:
        return _PyOpcode_num_popped(p->op[unit], p->arg[unit]);
    }
}

/* When an instruction runs nothing and handles no signal: always, or where no value that it lets go of ends by that but
 * what is known by its value. */
static int
calm_of(int op)
{
    switch (op) {
    case LOAD_FAST:
    case LOAD_FAST_LOAD_FAST:
    case LOAD_CONST:
    case COPY:
    case SWAP:
    case PUSH_NULL:
    case NOP:
    case POP_JUMP_IF_TRUE:
    case POP_JUMP_IF_FALSE:
    case JUMP_FORWARD:
        return CALM_ALWAYS;
    case BINARY_OP:
    case BINARY_SUBSCR:
    case COMPARE_OP:
    case CONTAINS_OP:
    case IS_OP:
    case TO_BOOL:
    case UNARY_NEGATIVE:
    case UNARY_NOT:
    case POP_TOP:
    case STORE_FAST:
        return CALM_BY_VALUE;
    default:
        return CALM_NEVER;
    }
}

/* The number of the name that has a slot; -1 where none has, or a cell. */
static int
name_of_slot(const plan *p, int slot)
{
    uint64_t bit = bit_of_slot(p, slot);
    return bit == 0 || (bit & p->cells) ? -1 : __builtin_ctzll(bit);
}

/* Which names it loads or stores. False where they are not plain ones. */
static bool
find_names(const plan *p, int unit, struct place *place)
{
    int arg = p->arg[unit];
    bool is_pair = p->op[unit] == LOAD_FAST_LOAD_FAST;
    int name = name_of_slot(p, is_pair ? arg >> 4 : arg), next = is_pair ? name_of_slot(p, arg & 15) : 0;
    place->name = (uint8_t)name;
    place->next_name = (uint8_t)next;
    return name >= 0 && next >= 0;
}

/* Of instructions that mostly run nothing. */
static int
effect_of_calm(int popped, int pushed)
{
    return pushed == 0 && popped == 0 ? EFFECT_NONE
        : pushed == 0 && popped == 1  ? EFFECT_POP
        : pushed == 1 && popped == 0  ? EFFECT_PUSH
        : pushed == 1 && popped <= 2  ? EFFECT_MAKE
                                      : EFFECT_ANY;
}

/* Of the others. */
static int
effect_of_any(int popped, int pushed)
{
    return pushed == 1 && popped == 0 ? EFFECT_GIVE
        : pushed == 2 && popped == 0  ? EFFECT_GIVE_BOTH
        : pushed == 1 && popped == 1  ? EFFECT_TURN
        : pushed == 1 && popped == 2  ? EFFECT_JOIN
                                      : EFFECT_ANY;
}

static int
effect_of(const plan *p, int unit, struct place *place)
{
    int op = p->op[unit], popped = popped_by(p, unit);
    if (op == LOAD_FAST || op == LOAD_FAST_LOAD_FAST || op == STORE_FAST) {
        return !find_names(p, unit, place) ? EFFECT_OTHER
            : op == LOAD_FAST              ? EFFECT_LOAD
            : op == STORE_FAST             ? EFFECT_STORE
                                           : EFFECT_LOAD_BOTH;
    }
    if (p->unit_stores[unit] != 0) {
        return EFFECT_OTHER;
    }
    if (op == COPY || op == SWAP) {
        place->name = (uint8_t)p->arg[unit];
        return op == COPY ? EFFECT_COPY : p->arg[unit] <= SWAP_MAX ? EFFECT_SWAP : EFFECT_ANY;
    }
    int pushed = op == FOR_ITER ? 1 : _PyOpcode_num_pushed(op, p->arg[unit]);
    return op == LOAD_CONST ? EFFECT_CONST
        : op == BINARY_SUBSCR ? EFFECT_ITEM
        : op == CONTAINS_OP ? EFFECT_LOOKUP
        : op == LOAD_ATTR && pushed == 2 ? EFFECT_METHOD
        : calm_of(op) == CALM_NEVER ? effect_of_any(popped, pushed)
                                    : effect_of_calm(popped, pushed);
}

/* Fills in what the places of a plan say of it. Cells may change at any time; a deep stack is not written so simply. */
void
find_makes(plan *p)
{
    bool is_plain = p->is_simple && !p->has_borrowed && !p->is_deep && p->cells == 0;
    for (int u = 0; u < p->n_units; u++) {
        struct place *place = &p->places[u];
        place->calm = (uint8_t)(p->op[u] == 0 ? CALM_NEVER : calm_of(p->op[u]));
        place->effect = (uint8_t)(is_plain && p->op[u] != 0 ? effect_of(p, u, place) : EFFECT_OTHER);
    }
    p->anything = (struct place){.stores = p->all};
    p->nothing = (struct place){
        .low = INT16_MAX,
        .effect = is_plain ? EFFECT_NONE : EFFECT_OTHER,
        .calm = CALM_ALWAYS,
    };
    /* A handler of a signal may have run; core_between.c has what it is where instructions are no events. */
    p->begun = (struct place){
        .stores = p->cells,
        .low = INT16_MAX,
        .effect = is_plain ? EFFECT_ANY : EFFECT_OTHER,
        .calm = CALM_NEVER,
    };
}
