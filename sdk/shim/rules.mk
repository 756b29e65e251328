# bin/containerd-shim-mewz-v1: the shim, and the messages that it exchanges with containerd.
#
# The .proto files come from Debian's packages of containerd's sources. They name options of Go's code generator, which
# mean nothing here and whose definitions protoc would want: those lines and brackets are cut out.

SHIM_PROTO  = $(BUILD)/shim/proto
GO_SOURCES  = /usr/share/gocode/src/github.com/containerd
SHIM_PROTOS = shim=containerd/runtime/v2/task/shim.proto mount=containerd/api/types/mount.proto \
              task=containerd/api/types/task/task.proto events_task=containerd/api/events/task.proto \
              events=containerd/api/services/ttrpc/events/v1/events.proto \
              metrics_v1=cgroups/stats/v1/metrics.proto metrics_v2=cgroups/v2/stats/metrics.proto
SHIM_MESSAGES = $(foreach proto,$(SHIM_PROTOS),$(firstword $(subst =, ,$(proto)))) ttrpc

define shim_proto_rule
$(SHIM_PROTO)/$(1).proto: $(GO_SOURCES)/$(2) sdk/shim/rules.mk | packages
	@mkdir -p $$(@D)
	sed -E -e '/gogoproto\/gogo\.proto|fieldpath\.proto/d' -e '/^\s*option /d' -e 's/ \[\(gogoproto[^]]*\]//' \
	    -e 's,github.com/containerd/containerd/api/types/(task/)?,,' $$< >$$@
endef
$(foreach proto,$(SHIM_PROTOS),$(eval $(call shim_proto_rule,$(firstword $(subst =, ,$(proto))),$(lastword $(subst =, ,$(proto))))))

$(SHIM_PROTO)/ttrpc.proto: sdk/shim/ttrpc.proto | packages
	@mkdir -p $(@D)
	cp $< $@

# All of them at once, for they include each other's headers; google's own messages with them.
SHIM_PROTO_FILES = $(SHIM_MESSAGES:%=$(SHIM_PROTO)/%.proto)
SHIM_GOOGLE      = any empty timestamp
SHIM_GENERATED   = $(SHIM_MESSAGES:%=$(SHIM_PROTO)/%.pb-c.c) $(SHIM_GOOGLE:%=$(SHIM_PROTO)/google/protobuf/%.pb-c.c)

$(SHIM_PROTO)/generated: $(SHIM_PROTO_FILES)
	cd $(SHIM_PROTO) && protoc-c -I. -I/usr/include --c_out=. $(SHIM_MESSAGES:%=%.proto) \
	    $(SHIM_GOOGLE:%=google/protobuf/%.proto)
	touch $@
$(SHIM_GENERATED): $(SHIM_PROTO)/generated ;

# Nobody's warnings but theirs.
$(SHIM_PROTO)/%.o: $(SHIM_PROTO)/%.pb-c.c $(SHIM_PROTO)/generated
	$(CC) $(filter-out $(WARNINGS),$(SDK_CFLAGS)) -I$(SHIM_PROTO) -w -c $< -o $@

SHIM_SOURCES  = $(wildcard sdk/shim/*.c)
SHIM_OBJECTS  = $(SHIM_SOURCES:%.c=$(BUILD)/%.o)
SHIM_MESSAGE_OBJECTS = $(SHIM_GENERATED:.pb-c.c=.o)
SHIM_CFLAGS   = -isystem $(SHIM_PROTO)
SHIM_LIBS     = -l:libprotobuf-c.a

$(SHIM_OBJECTS) $(SHIM_SOURCES:%.c=$(BUILD)/sanitized/%.o): SDK_CFLAGS += $(SHIM_CFLAGS)
$(SHIM_OBJECTS) $(SHIM_SOURCES:%.c=$(BUILD)/sanitized/%.o): | $(SHIM_PROTO)/generated

bin/containerd-shim-mewz-v1: $(SHIM_OBJECTS) $(SHIM_MESSAGE_OBJECTS) \
    $(filter $(BUILD)/sdk/base/% $(BUILD)/sdk/machine/% $(BUILD)/sdk/link/config.o,$(SDK_OBJECTS))
	@mkdir -p $(@D)
	$(CC) -o $@ $^ $(SHIM_LIBS) $(SDK_LIBS)

# All of it but main for unit tests, which run as tests/unit/test_shim_*.

$(BUILD)/sanitized/libshim.a: $(filter-out %/main.o,$(SHIM_SOURCES:%.c=$(BUILD)/sanitized/%.o)) $(SHIM_MESSAGE_OBJECTS)
	rm -f $@
	$(AR) rcsD $@ $^

$(BUILD)/unit/test_shim_%: tests/unit/test_shim_%.c $(BUILD)/sanitized/libshim.a $(BUILD)/sanitized/libsdk.a
	@mkdir -p $(@D)
	$(CC) $(UNIT_CFLAGS) $(SHIM_CFLAGS) -Itests/unit -MMD -MP -MF $@.d -o $@ $< $(BUILD)/sanitized/libshim.a \
	    $(BUILD)/sanitized/libsdk.a $(SHIM_LIBS) $(SDK_LIBS)

-include $(SHIM_OBJECTS:.o=.d) $(SHIM_SOURCES:%.c=$(BUILD)/sanitized/%.d)
