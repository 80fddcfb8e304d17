;; Which of many rows may be as near to a vector as `least`; `Segment` says what the numbers are.
;; Assembled into scan-code.ts by `node packages/semantic-cache/scripts/assemble-scan.ts`.
(module
  (memory (import "rows" "memory") 1)

  ;; The inner product of 32 floats.
  (func $dot (param $a i32) (param $b i32) (result f32)
    (local $sum v128)
    (local.set $sum
      (f32x4.add
        (f32x4.add
          (f32x4.add
            (f32x4.mul (v128.load offset=0 (local.get $a)) (v128.load offset=0 (local.get $b)))
            (f32x4.mul (v128.load offset=16 (local.get $a)) (v128.load offset=16 (local.get $b))))
          (f32x4.add
            (f32x4.mul (v128.load offset=32 (local.get $a)) (v128.load offset=32 (local.get $b)))
            (f32x4.mul (v128.load offset=48 (local.get $a)) (v128.load offset=48 (local.get $b)))))
        (f32x4.add
          (f32x4.add
            (f32x4.mul (v128.load offset=64 (local.get $a)) (v128.load offset=64 (local.get $b)))
            (f32x4.mul (v128.load offset=80 (local.get $a)) (v128.load offset=80 (local.get $b))))
          (f32x4.add
            (f32x4.mul (v128.load offset=96 (local.get $a)) (v128.load offset=96 (local.get $b)))
            (f32x4.mul (v128.load offset=112 (local.get $a)) (v128.load offset=112 (local.get $b)))))))
    (f32.add
      (f32.add (f32x4.extract_lane 0 (local.get $sum)) (f32x4.extract_lane 1 (local.get $sum)))
      (f32.add (f32x4.extract_lane 2 (local.get $sum)) (f32x4.extract_lane 3 (local.get $sum)))))

  ;; Writes the numbers of those rows to $out, and returns how many they are. All addresses are in bytes.
  (func (export "scan")
    (param $count i32)
    (param $first i32) (param $firstRest i32) (param $second i32) (param $secondRest i32)
    (param $asked i32) (param $askedFirstRest f32) (param $askedSecondRest f32)
    (param $least f32) (param $out i32)
    (result i32)
    (local $row i32) (local $near f32) (local $found i32)
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $row) (local.get $count)))
        (block $tooFar
          (local.set $near
            (call $dot (local.get $asked) (i32.add (local.get $first) (i32.shl (local.get $row) (i32.const 7)))))
          (br_if $tooFar
            (f32.lt
              (f32.add
                (local.get $near)
                (f32.mul
                  (local.get $askedFirstRest)
                  (f32.load (i32.add (local.get $firstRest) (i32.shl (local.get $row) (i32.const 2))))))
              (local.get $least)))
          (local.set $near
            (f32.add
              (local.get $near)
              (call $dot
                (i32.add (local.get $asked) (i32.const 128))
                (i32.add (local.get $second) (i32.shl (local.get $row) (i32.const 7))))))
          (br_if $tooFar
            (f32.lt
              (f32.add
                (local.get $near)
                (f32.mul
                  (local.get $askedSecondRest)
                  (f32.load (i32.add (local.get $secondRest) (i32.shl (local.get $row) (i32.const 2))))))
              (local.get $least)))
          (i32.store (i32.add (local.get $out) (i32.shl (local.get $found) (i32.const 2))) (local.get $row))
          (local.set $found (i32.add (local.get $found) (i32.const 1))))
        (local.set $row (i32.add (local.get $row) (i32.const 1)))
        (br $next)))
    (local.get $found))

  ;; Writes the inner product of $question and each of those rows to $cosines. $bytes: of a vector, a multiple of 128.
  (func (export "score")
    (param $found i32) (param $out i32) (param $vectors i32) (param $bytes i32) (param $question i32) (param $cosines i32)
    (local $i i32) (local $k i32) (local $vector i32) (local $sum f32)
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $i) (local.get $found)))
        (local.set $vector
          (i32.add
            (local.get $vectors)
            (i32.mul
              (i32.load (i32.add (local.get $out) (i32.shl (local.get $i) (i32.const 2))))
              (local.get $bytes))))
        (local.set $k (i32.const 0))
        (local.set $sum (f32.const 0))
        (loop $part
          (local.set $sum
            (f32.add
              (local.get $sum)
              (call $dot (i32.add (local.get $question) (local.get $k)) (i32.add (local.get $vector) (local.get $k)))))
          (local.set $k (i32.add (local.get $k) (i32.const 128)))
          (br_if $part (i32.lt_u (local.get $k) (local.get $bytes))))
        (f32.store (i32.add (local.get $cosines) (i32.shl (local.get $i) (i32.const 2))) (local.get $sum))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br $next)))))
