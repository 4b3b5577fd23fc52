use super::{delivered, size_of_shape};

#[test]
fn a_result_gets_the_size_of_its_input_unless_it_would_be_soft_or_small() {
    let made = |input: (u32, u32)| delivered(size_of_shape(input.0, input.1, 1 << 20, 16), input);
    assert_eq!(made((1024, 1024)), [1024, 1024]);
    assert_eq!(made((1024, 1365)), [1024, 1365]);
    assert_eq!(made((1200, 1600)), [1200, 1600]);
    // A large photograph: the result is half as large again as the model made it, in the photograph's shape.
    let [width, height] = made((4000, 6000));
    assert!((1240..1260).contains(&width) && (1860..1890).contains(&height), "{width} x {height}");
    // A small one is not shrunk to again.
    let [width, height] = made((200, 300));
    assert!((820..840).contains(&width) && (1230..1260).contains(&height), "{width} x {height}");
}
