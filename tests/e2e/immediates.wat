;; Instructions with every kind of immediate that this assembler has, to be disassembled and assembled again.
(module
  (type (func (param i32) (result i32)))
  (type (func))
  (import "env" "f" (func (type 0)))
  (table 2 funcref)
  (table 2 externref)
  (memory 1)
  (global (mut i32) (i32.const 0))
  (elem funcref (ref.func 0))
  (data "abc")
  (func (export "_start") (type 1) (local i32 v128 f32 f64 i64 funcref)
    block (result i32)
      i32.const -5
      loop (type 0)
        local.get 0
        br_if 1
        i32.const 2147483647
        br_table 0 1 0
      end
    end
    local.set 0
    i64.const -9223372036854775808
    local.set 4
    f32.const 0x1.8p+1
    drop
    f32.const -inf
    drop
    f32.const nan:0x200001
    drop
    f64.const -0x1.921fb54442d18p+1
    drop
    f64.const -nan:0x8000000000000
    drop
    i32.const 0
    v128.const i32x4 1 2 0xffffffff 7
    v128.store offset=16 align=4
    i32.const 0
    local.get 1
    v128.load8_lane offset=3 11
    local.get 1
    i8x16.shuffle 0 1 2 3 16 17 18 19 4 5 6 7 31 30 29 28
    i32x4.extract_lane 3
    i64.load32_u offset=4294967295 align=2
    drop
    ref.null func
    local.set 5
    ref.null extern
    drop
    i32.const 1
    call 0
    i32.const 0
    call_indirect (type 0)
    i32.const 1
    i32.const 1
    select (result i32)
    global.set 0
    i32.const 0
    i32.const 0
    i32.const 0
    memory.init 0
    data.drop 0
    i32.const 0
    i32.const 0
    i32.const 0
    memory.copy
    i32.const 0
    i32.const 0
    i32.const 0
    table.init 0 0
    elem.drop 0
    i32.const 0
    i32.const 0
    i32.const 0
    table.copy 0 0
    ref.null extern
    i32.const 4
    table.grow 1
    memory.grow
    drop
    i32.const 0
    i32.const 1
    i32.atomic.rmw.add offset=8
    f32.convert_i32_s
    i32.trunc_sat_f32_s
    drop
  )
)
