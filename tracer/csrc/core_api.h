/* What each part of tracer._core offers the others. */
#ifndef TRACEMILL_CORE_API_H
#define TRACEMILL_CORE_API_H

/* core_stream.c */
void out_grow(size_t n);
uint32_t put_text(const void *bytes, size_t n);
uint32_t put_str(PyObject *s);
bool is_entry(uint32_t k, const void *bytes, size_t n);
PyObject *utf8_of(PyObject *s);
void put_header(int granularity, const char *name);
void put_output(int fd, const uint8_t *bytes, size_t n);
void stream_full(void);
bool stream_start(void);
void stream_clear(void);
void commit_slow(void);
/* core_sha.c */
void sha256(const uint8_t *bytes, size_t n, uint8_t digest[32]);
/* core_literal.c */
bool is_other_scalar_type(PyTypeObject *type);
PyObject *literal_of(PyObject *v);
bool is_cut(PyObject *v);
bool is_inline(PyObject *v);
bool inline_equal(PyObject *a, PyObject *b);
/* core_string.c */
void put_string(PyObject *v);
uint32_t recent_text(PyObject *v);
uint8_t *put_recent_string(PyObject *v, uint8_t *at);
bool is_string_of(uint32_t k, PyObject *v);
void strings_clear(void);
/* core_value.c */
void put_other(val v);
val meet_other(PyObject *v, Py_ssize_t distance);
bool is_other(val known, PyObject *v);
val val_copy(val v);
void val_release(val v);
bool same_text(val a, val b);
PyObject *cut_text(PyObject *v);
void put_cut(PyObject *v);
void cuts_clear(void);
bool vec_reserve(vec *v, Py_ssize_t cap);
bool vec_add(vec *v, val x);
void vec_clear(vec *v);
void put_literal(unsigned tag, PyObject *v);
/* core_int.c */
void put_int(PyObject *v);
void put_position(val at);
bool int_of(PyObject *v, int64_t *n);
bool int_of_val(val v, int64_t *n);
bool int_of_position(val at, int64_t *n);
val val_of(int64_t n);
/* core_bounds.c */
uint64_t text_bytes_bound(val v);
uint64_t value_bytes_bound(PyObject *v);
/* core_naming.c */
PyObject *type_name(PyTypeObject *type);
PyObject *callable_name(PyObject *v);
PyObject *builtin_owner(PyObject *v);
PyObject *module_name(PyObject *module);
PyObject *tuple_names(PyTypeObject *type);
PyObject *dict_get(PyObject *dict, PyObject *name);
bool is_own_class(PyTypeObject *type);
/* core_kind.c */
bool library_start(void);
int kind_of(PyObject *v);
bool is_library_type(PyTypeObject *type);
/* core_death.c */
void deaths_start(void);
void deaths_end(void);
void watch_deaths_of(PyTypeObject *type);
/* core_object.c */
void forget(obj *o);
obj *new_obj(PyObject *v, Py_ssize_t distance);
bool add_to(obj ***list, Py_ssize_t *n, Py_ssize_t *cap, obj *o);
void free_obj(obj *o);
void touch(obj *o);
void define_queue(void);
void define(obj *o, Py_ssize_t distance);
void bury(void);
bool objects_start(void);
void objects_end(void);
/* core_dying.c */
void leaving_clear(void);
struct ending take_leaving(PyObject *v);
bool is_dying_in(obj *o, struct ending at);
bool begins_to_die(obj *o, iframe *f);
void note_begin(const PyObject *v);
void note_end(PyObject *v, iframe *f);
void note_unheard_ends(void);
void expect_end_of(PyObject *v, const PyThreadState *state);
void leave_dying(obj *o);
void end_dying(const iframe *f);
/* core_def.c */
def *describe(PyObject *v, int kind, Py_ssize_t distance);
PyObject *stream_content(PyObject *v);
PyObject *target_of(PyObject *v);
/* core_repr.c */
PyObject *library_repr(PyObject *v);
void def_free(def *d);
bool is_odd_key(val key);
/* core_shape.c */
struct words;
void shape_items(def *d, PyObject *const *items, Py_ssize_t n, Py_ssize_t distance);
void shape_members(def *d, PyObject *const *items, Py_ssize_t n, Py_ssize_t distance);
void shape_entries(def *d, PyObject *const *pairs, Py_ssize_t n, Py_ssize_t distance);
void shape_fields(def *d, const struct words *fields, Py_ssize_t distance);
val cut_val(PyObject *v);
bool cut_add(def *d, Py_ssize_t step, PyObject *const *v, Py_ssize_t place);
uint64_t cut_take(def *d, Py_ssize_t step, Py_ssize_t k, PyObject *const *v, Py_ssize_t place);
void cut_drop_last(def *d, Py_ssize_t place);
/* core_change.c */
extern uint64_t looks;
bool is_changed(obj *o);
void check_obj(obj *o);
void check_all(iframe *f);
void note_version(obj *o);
bool is_held(const iframe *f, const iframe *base, const PyObject *v);
bool is_readable(const obj *o, const iframe *f);
/* core_check.c */
void check_now(frame *fr, iframe *f, bool is_entry);
void expect_anything(iframe *f);
void list_special(obj *o);
void list_given(PyObject *iterator);
void list_late(obj *o);
void list_always(obj *o);
/* core_weak.c */
bool has_unseen_callbacks(PyObject *v);
bool is_told_by_end(const obj *o);
bool is_settled_reference(const obj *o);
void doubt_references(const obj *o, bool has_finaliser);
/* core_dict.c */
void mark_dirty(obj *o);
bool watch_start(void);
void watch_dict(obj *o);
void unwatch(obj *o);
/* core_fast.c */
bool fast_at(obj *o, Py_ssize_t at);
bool fast_cut(obj *o, Py_ssize_t at, int64_t was);
bool fast_tail(obj *o);
bool fast_check(obj *o);
bool is_simple_def(const obj *o);
bool take_place(def *d, val *place, PyObject *v);
void add_rest(obj *o);
/* core_entry.c */
bool fast_key(obj *o, Py_ssize_t at);
bool fast_last(obj *o);
bool is_odd_name(PyObject *key);
/* core_lazy.c */
bool effects_start(void);
void types_forget(void);
bool is_record_type(PyTypeObject *type);
bool is_plain_type(PyTypeObject *type);
bool is_pure(PyObject *callee);
bool is_immutable_owner(PyTypeObject *type);
bool is_lazy(PyObject *v);
bool is_quiet_iterator(PyObject *v);
bool is_foreign(PyObject *v);
bool is_foreign_callable(PyObject *v);
/* core_effect.c */
bool expect_effects(frame *fr, int unit);
bool may_have_effects(int op);
bool is_settled_type(PyTypeObject *type);
/* core_between.c */
struct unit_of_line *units_by_line(const plan *p);
uint64_t *find_stored(const plan *p);
bool find_between(plan *p);
/* core_start.c */
bool find_starts(plan *p);
/* core_guard.c */
bool find_guards(plan *p);
void note_name(plan *p, int i, PyObject *v);
void note_all_names(frame *fr);
void note_iterable(plan *p, PyObject *v);
void note_foreign(void);
void tell_always(plan *p, int unit);
bool may_switch_off(plan *p, int unit);
/* core_ops.c */
void diff(obj *o, def *old, def *now);
op *new_op(obj *o, int code, uint64_t a, uint64_t b);
void add_int_op(obj *o, int code, uint64_t a, int64_t n);
void add_op(obj *o, int code, uint64_t a, val v);
void add_op2(obj *o, int code, val v, val w);
const val *op_values(const op *p);
void op_put(op *p, val v);
void ops_clear(obj *o);
void put_heap(void);
/* core_heap.c */
/* core_iter.c */
bool is_iterator_type(PyTypeObject *type);
Py_ssize_t iters_look(void);
void put_iters(void);
void iter_state_free(iter_state *s);
void iters_clear(void);
/* core_plan.c */
plan *find_plan(PyObject *code);
plan *make_plan(PyObject *code);
int handler_op(const plan *p, int unit);
PyObject *plans_codes(void);
void plans_each(void (*act)(plan *p));
void plans_clear(void);
extern PyObject *core_planner;
uint64_t bit_of_slot(const plan *p, int slot);
/* core_facts.c */
bool find_facts(plan *p);
int jump_target(const plan *p, int unit);
/* core_texts.c */
PyObject *op_text(const plan *p, int unit);
PyObject *arg_text(const plan *p, int unit);
/* core_frame.c */
frame *search_frame(iframe *f);
frame *activate(iframe *f, plan *p);
void frame_enter(frame *fr);
void switch_thread(PyThreadState *state);
void threads_start(void);
void doubt_names(void);
int thread_number(void);
void frame_leave(frame *fr);
void frame_end(frame *fr);
void frames_clear(void);
/* core_names.c */
uint8_t *names_other(frame *fr, int unit, uint8_t *at);
unsigned put_changed_globals(void);
bool globals_add(PyObject *names);
void globals_follow_all(void);
void globals_clear(void);
/* core_event.c */
void write_event(int kind, frame *fr, int unit, PyObject *payload);
void write_start(int kind, frame *fr, int unit, bool named);
/* core_monitor.c */
void callbacks_for(int granularity);
PyObject *callbacks_start(void);
/* core_step.c */
extern PyObject *core_disable;
PyObject *tell_line(PyObject *const *args);
PyObject *tell_instruction(PyObject *const *args);
PyObject *tell_known(frame *fr, const struct place *place);
PyObject *tell_known_line(frame *fr, const struct place *place);
PyObject *look_after(frame *fr, const struct place *place);
PyObject *on_line(PyObject *self, PyObject *const *args, size_t nargsf, PyObject *names);
PyObject *on_instruction(PyObject *self, PyObject *const *args, size_t nargsf, PyObject *names);
PyObject *on_jump(PyObject *self, PyObject *const *args, size_t nargsf, PyObject *names);
/* core_short.c */
PyObject *on_short_line(PyObject *self, PyObject *const *args, size_t nargsf, PyObject *names);
PyObject *on_short_instruction(PyObject *self, PyObject *const *args, size_t nargsf, PyObject *names);
/* core_untraced.c */
bool is_known_untraced(PyObject *code);
bool note_untraced(PyThreadState *state, PyObject *code);
void note_given(const iframe *f, PyObject *v);
void untraced_clear(void);
/* core_module.c */
void fault(const char *text);
void no_memory(void);
bool is_traced_file(PyObject *filename);
bool is_traced_code(PyObject *code);
bool watch_code(PyObject *code);
void stop_with(int marker);
/* core_quiet.c */
void learn_call(plan *p, int unit, PyObject *callee, struct callee *named);
bool is_lookup(PyObject *callee);
bool note_quiet_call(frame *fr, int unit);
void quiet_clear(plan *p);
/* core_callee.c */
bool is_own(PyObject *callee);
bool is_kept(PyObject *callee);
struct callee *callee_of(PyObject *callee);
void callees_clear(void);
/* core_opaque.c */
void scan_identity(PyObject *literal);
void note_call(frame *fr, int unit);
void note_order(frame *fr, int unit);
void list_callee(frame *fr, struct callee *c);
void put_callees(frame *fr);
bool opaque_start(void);
/* core_place.c */
void keep_room(void);

#endif
