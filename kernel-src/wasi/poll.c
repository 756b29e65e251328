/* poll.c: poll_oneoff, waiting for any mix of clocks, streams and sockets.
 *
 * A pass over the subscriptions, without a copy of the whole list, finds how long to wait and for what, and links the
 * descriptors' watches to a list; then an event is written for each that has come. Mostly these are found along the
 * list, which is faster than a second pass where few of thousands are ready. A subscription is read again for its
 * event: what it says may differ only if the program lets the events overlap the subscriptions, and each is checked
 * again all the same. */
#include "wasi/clock.h"
#include "wasi/fd.h"
#include "wasi/guest.h"
#include "wasi/preview1.h"
#include "wasi/unstable.h"

/* What the wait is for, and later what came of it. */
struct wait {
    uint64_t start;    /* of the call, by the monotonic clock, as the deadline is; 0: not asked for yet */
    uint64_t realtime; /* at the start; 0: likewise, since few programs need it */
    uint64_t deadline;
    struct host_watch *list, **end; /* of the descriptors to wait for, each once, in the order of their subscriptions */
    bool shares;                    /* one of them has several */
};

static uint64_t add_saturating(uint64_t a, uint64_t b)
{
    return a + b < a ? UINT64_MAX : a + b;
}

static uint64_t start_of(struct wait *wait)
{
    if (!wait->start)
        wait->start = host_clock_now(HOST_CLOCK_MONOTONIC);
    return wait->start;
}

static uint64_t realtime_at_start(struct wait *wait)
{
    if (!wait->realtime) {
        uint64_t start = start_of(wait), elapsed = host_clock_now(HOST_CLOCK_MONOTONIC) - start;
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
        uint64_t now = clock == HOST_CLOCK_REALTIME ? realtime_at_start(wait) : start_of(wait);
        timeout = timeout > now ? timeout - now : 0;
    }
    *deadline = add_saturating(start_of(wait), timeout);
    return WASI_SUCCESS;
}

/* A subscription's state before or after the wait. An error is an event like any other. */
struct state {
    uint32_t error;
    uint64_t deadline; /* comes at this time; UINT64_MAX: whenever `fd` is ready */
    struct fd *fd;     /* NULL for a clock */
    uint8_t wanted;    /* bit of enum host_ready */
};

/* This is done for each of what may be thousands of subscriptions: a call costs as much as what it does. */
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

static inline ALWAYS_INLINE void add_to_wait(struct wait *wait, const struct wasi_subscription *subscription)
{
    struct state state = subscription_state(wait, subscription);
    if (state.deadline < wait->deadline)
        wait->deadline = state.deadline;
    if (state.error || !state.fd || state.deadline == 0)
        return;
    struct host_watch *watch = &state.fd->watch;
    if (watch->wanted) {
        wait->shares = true;
    } else {
        watch->userdata = subscription->userdata;
        watch->next = NULL;
        *wait->end = watch;
        wait->end = &watch->next;
    }
    watch->wanted |= state.wanted;
}

/* The watches are ready for the next call. */
static void end_wait(struct wait *wait)
{
    for (struct host_watch *watch = wait->list; watch; watch = watch->next)
        watch->wanted = 0;
}

/* What came of waiting for a descriptor. */
static inline ALWAYS_INLINE void describe_watch(struct fd *fd, uint8_t wanted, struct wasi_event *event)
{
    const struct host_watch *watch = &fd->watch;
    uint8_t gone = HOST_HANGUP;
    if (wanted == HOST_READABLE) {
        event->byte_count = watch->bytes;
        if (watch->bytes == 0) /* what waits can still be read */
            gone |= HOST_END;
    }
    event->flags = watch->ready & gone ? WASI_EVENT_RW_HANGUP : 0;
    if (watch->ready & HOST_ERROR)
        event->error = (uint16_t)fd->kind->error(fd);
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
        describe_watch(state.fd, state.wanted, event);
    return true;
}

/* The event of the only subscription of a descriptor. */
static struct wasi_event event_of(const struct host_watch *watch)
{
    struct fd *fd = (struct fd *)((char *)watch - offsetof(struct fd, watch));
    struct wasi_event event = {
        .userdata = watch->userdata,
        .type = watch->wanted == HOST_READABLE ? WASI_EVENT_FD_READ : WASI_EVENT_FD_WRITE,
    };
    describe_watch(fd, watch->wanted, &event);
    return event;
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

struct poll {
    const struct layout *layout;
    const uint8_t *subscriptions;
    uint8_t *events;
    uint32_t count, event_count;
    struct wait wait;
    uint64_t now; /* after the wait; 0: nothing comes by time */
};

static inline ALWAYS_INLINE struct wasi_subscription subscription_at(const struct poll *poll, uint32_t index)
{
    struct wasi_subscription subscription;
    read_subscription(poll->layout, poll->subscriptions + index * (uint64_t)poll->layout->size, &subscription);
    return subscription;
}

static void write_event(struct poll *poll, const struct wasi_event *event)
{
    __builtin_memcpy(poll->events + poll->event_count++ * sizeof *event, event, sizeof *event);
}

static void wait_for_any(struct poll *poll)
{
    struct wait *wait = &poll->wait;
    for (uint32_t i = 0; i < poll->count; i++) {
        struct wasi_subscription subscription = subscription_at(poll, i);
        add_to_wait(wait, &subscription);
    }
    host_wait(wait->deadline, wait->list);
    if (wait->deadline != UINT64_MAX)
        poll->now = host_clock_now(HOST_CLOCK_MONOTONIC);
}

static void write_events_of_watches(struct poll *poll)
{
    for (const struct host_watch *watch = poll->wait.list; watch; watch = watch->next) {
        if (!(watch->ready & watch->wanted))
            continue;
        struct wasi_event event = event_of(watch);
        write_event(poll, &event);
    }
}

static void write_events_of_all(struct poll *poll)
{
    for (uint32_t i = 0; i < poll->count; i++) {
        struct wasi_subscription subscription = subscription_at(poll, i);
        struct wasi_event event;
        if (make_event(&poll->wait, poll->now, &subscription, &event))
            write_event(poll, &event);
    }
}

static uint32_t poll(const struct layout *layout, uint32_t subscriptions, uint32_t events, uint32_t count,
                     uint32_t done)
{
    if (count == 0)
        return WASI_EINVAL;
    struct poll poll = {
        .layout = layout,
        .subscriptions = guest_bytes(subscriptions, count * (uint64_t)layout->size),
        .events = guest_bytes(events, count * (uint64_t)sizeof(struct wasi_event)),
        .count = count,
        .wait = {.deadline = UINT64_MAX, .end = &poll.wait.list},
    };
    if (!poll.subscriptions || !poll.events || !guest_bytes(done, sizeof(uint32_t)))
        return WASI_EFAULT;
    wait_for_any(&poll);
    if (poll.wait.shares || poll.now >= poll.wait.deadline)
        write_events_of_all(&poll);
    else
        write_events_of_watches(&poll);
    end_wait(&poll.wait);
    guest_write_u32(done, poll.event_count);
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
