/* poll.c: poll_oneoff, waiting for any mix of clocks, streams and sockets.
 *
 * Two passes over the subscriptions, without a copy of the whole list: the first finds how long to wait and for what,
 * and links the descriptors' watches to a list; the second writes an event for each that has come. The two may disagree
 * only if the program lets the events overlap the subscriptions, and then each structure is checked again all the
 * same. */
#include "wasi/clock.h"
#include "wasi/fd.h"
#include "wasi/guest.h"
#include "wasi/preview1.h"
#include "wasi/unstable.h"

/* What the wait is for, and later what came of it. */
struct wait {
    uint64_t start;    /* of the call, by the monotonic clock, as the deadline is */
    uint64_t realtime; /* at the start; 0: not asked for yet, since few programs need it */
    uint64_t deadline;
    struct host_watch *list; /* of the descriptors to wait for, each once */
};

static uint64_t add_saturating(uint64_t a, uint64_t b)
{
    return a + b < a ? UINT64_MAX : a + b;
}

static uint64_t realtime_at_start(struct wait *wait)
{
    if (!wait->realtime) {
        uint64_t elapsed = host_clock_now(HOST_CLOCK_MONOTONIC) - wait->start;
        wait->realtime = host_clock_now(HOST_CLOCK_REALTIME) - elapsed;
    }
    return wait->realtime;
}

/* The monotonic time at which a clock subscription is due. */
static uint32_t clock_deadline(struct wait *wait, const struct wasi_subscription *subscription, uint64_t *deadline)
{
    enum host_clock clock;
    uint32_t error = clock_find(subscription->clock.id, &clock);
    if (error)
        return error;
    if (clock == HOST_CLOCK_PROCESSOR)
        return WASI_EINVAL; /* while a program waits for it, it stands */
    uint64_t timeout = subscription->clock.timeout;
    if (subscription->clock.flags & WASI_SUBCLOCK_ABSTIME) {
        uint64_t now = clock == HOST_CLOCK_REALTIME ? realtime_at_start(wait) : wait->start;
        timeout = timeout > now ? timeout - now : 0;
    }
    *deadline = add_saturating(wait->start, timeout);
    return WASI_SUCCESS;
}

/* A subscription's state before or after the wait. An error is an event like any other. */
struct state {
    uint32_t error;
    uint64_t deadline; /* comes at this time; UINT64_MAX: whenever `fd` is ready */
    struct fd *fd;     /* NULL for a clock */
    uint8_t wanted;    /* bit of enum host_ready */
};

/* Both passes do this for each of what may be thousands of subscriptions: a call costs as much as what it does. */
#define ALWAYS_INLINE __attribute__((always_inline))

static inline ALWAYS_INLINE void find_descriptor(struct state *state, uint32_t number, uint64_t right, uint8_t wanted)
{
    state->error = fd_find(number, WASI_RIGHT_POLL_FD_READWRITE | right, &state->fd);
    state->wanted = wanted;
    if (!state->error && (state->fd->kind->waits & wanted))
        state->deadline = UINT64_MAX;
}

static inline ALWAYS_INLINE struct state subscription_state(struct wait *wait,
                                                            const struct wasi_subscription *subscription)
{
    struct state state = {0};
    switch (subscription->type) {
    case WASI_EVENT_CLOCK:
        state.error = clock_deadline(wait, subscription, &state.deadline);
        break;
    case WASI_EVENT_FD_READ:
        find_descriptor(&state, subscription->fd, WASI_RIGHT_FD_READ, HOST_READABLE);
        break;
    case WASI_EVENT_FD_WRITE:
        find_descriptor(&state, subscription->fd, WASI_RIGHT_FD_WRITE, HOST_WRITABLE);
        break;
    default:
        state.error = WASI_EINVAL;
    }
    if (state.error)
        state.deadline = 0;
    return state;
}

static void add_to_wait(struct wait *wait, const struct wasi_subscription *subscription)
{
    struct state state = subscription_state(wait, subscription);
    if (state.deadline < wait->deadline)
        wait->deadline = state.deadline;
    if (state.error || !state.fd || state.deadline == 0)
        return;
    struct host_watch *watch = &state.fd->watch;
    if (!watch->wanted) {
        watch->next = wait->list;
        wait->list = watch;
    }
    watch->wanted |= state.wanted;
}

/* The watches are ready for the next call. */
static void end_wait(struct wait *wait)
{
    for (struct host_watch *watch = wait->list; watch; watch = watch->next)
        watch->wanted = 0;
}

static void describe_watch(const struct state *state, struct wasi_event *event)
{
    const struct host_watch *watch = &state->fd->watch;
    uint8_t gone = HOST_HANGUP;
    if (state->wanted == HOST_READABLE) {
        event->byte_count = watch->bytes;
        if (watch->bytes == 0) /* what waits can still be read */
            gone |= HOST_END;
    }
    event->flags = watch->ready & gone ? WASI_EVENT_RW_HANGUP : 0;
    if (watch->ready & HOST_ERROR)
        event->error = (uint16_t)state->fd->kind->error(state->fd);
}

/* The event of a subscription, if it has come by `now`. */
static bool make_event(struct wait *wait, uint64_t now, const struct wasi_subscription *subscription,
                       struct wasi_event *event)
{
    struct state state = subscription_state(wait, subscription);
    bool is_watched = state.fd && state.deadline == UINT64_MAX;
    if (is_watched ? !(state.fd->watch.wanted & state.fd->watch.ready & state.wanted) : state.deadline > now)
        return false;
    *event = (struct wasi_event){
        .userdata = subscription->userdata,
        .error = (uint16_t)state.error,
        .type = subscription->type,
    };
    if (is_watched)
        describe_watch(&state, event);
    return true;
}

/* How a version lays a subscription out: its size, and the reading of a clock's part. All else is at the same places.
 */
struct layout {
    uint32_t size;
    void (*read_clock)(const uint8_t *bytes, struct wasi_subscription *subscription);
};

static void read_clock(const uint8_t *bytes, struct wasi_subscription *subscription)
{
    __builtin_memcpy(subscription, bytes, sizeof *subscription);
}

static void read_unstable_clock(const uint8_t *bytes, struct wasi_subscription *subscription)
{
    struct unstable_subscription older;
    __builtin_memcpy(&older, bytes, sizeof older);
    subscription->clock.id = older.clock.id;
    subscription->clock.timeout = older.clock.timeout;
    subscription->clock.flags = older.clock.flags;
}

static const struct layout current = {sizeof(struct wasi_subscription), read_clock};
static const struct layout unstable = {sizeof(struct unstable_subscription), read_unstable_clock};

#define SAME_PLACE(member)                                                                                             \
    _Static_assert(offsetof(struct wasi_subscription, member) == offsetof(struct unstable_subscription, member),       \
                   #member)
SAME_PLACE(userdata);
SAME_PLACE(type);
SAME_PLACE(fd);

/* Most are of descriptors, and need a third of the bytes. At any alignment. */
static inline ALWAYS_INLINE void read_subscription(const struct layout *layout, const uint8_t *bytes,
                                                   struct wasi_subscription *subscription)
{
    __builtin_memcpy(subscription, bytes, offsetof(struct wasi_subscription, fd) + sizeof subscription->fd);
    if (subscription->type == WASI_EVENT_CLOCK)
        layout->read_clock(bytes, subscription);
}

static uint32_t poll(const struct layout *layout, uint32_t subscriptions, uint32_t events, uint32_t count,
                     uint32_t done)
{
    if (count == 0)
        return WASI_EINVAL;
    const uint8_t *in = guest_bytes(subscriptions, count * (uint64_t)layout->size);
    uint8_t *out = guest_bytes(events, count * (uint64_t)sizeof(struct wasi_event));
    if (!in || !out || !guest_bytes(done, sizeof(uint32_t)))
        return WASI_EFAULT;

    struct wait wait = {.start = host_clock_now(HOST_CLOCK_MONOTONIC), .deadline = UINT64_MAX};
    for (uint32_t i = 0; i < count; i++) {
        struct wasi_subscription subscription;
        read_subscription(layout, in + i * (uint64_t)layout->size, &subscription);
        add_to_wait(&wait, &subscription);
    }
    host_wait(wait.deadline, wait.list);

    uint64_t now = host_clock_now(HOST_CLOCK_MONOTONIC);
    uint32_t event_count = 0;
    for (uint32_t i = 0; i < count; i++) {
        struct wasi_subscription subscription;
        read_subscription(layout, in + i * (uint64_t)layout->size, &subscription);
        struct wasi_event event;
        if (make_event(&wait, now, &subscription, &event))
            __builtin_memcpy(out + event_count++ * sizeof event, &event, sizeof event);
    }
    end_wait(&wait);
    guest_write_u32(done, event_count);
    return WASI_SUCCESS;
}

uint32_t wasi_poll_oneoff(uint32_t subscriptions, uint32_t events, uint32_t count, uint32_t done)
{
    return poll(&current, subscriptions, events, count, done);
}

uint32_t wasi_unstable_poll_oneoff(uint32_t subscriptions, uint32_t events, uint32_t count, uint32_t done)
{
    return poll(&unstable, subscriptions, events, count, done);
}
