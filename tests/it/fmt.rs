//! `caviar fmt` on files.

use crate::harness::Project;

#[test]
fn files_are_put_in_order_and_checked() {
    let project = Project::new().file("a.exp", "let   x=3 # three\n").file("b.exp", "let y = 4\n");
    project.run(&["fmt", "--check", "a.exp", "b.exp"]).code(4).prints("a.exp: not formatted");
    assert_eq!(project.read("a.exp"), "let   x=3 # three\n");
    project.run(&["fmt", "."]).code(0);
    assert_eq!(project.read("a.exp"), "let x = 3  # three\n");
    project.run(&["fmt", "--check", "."]).code(0);
}

#[test]
fn a_file_with_mistakes_is_left_alone_and_the_others_are_not() {
    let project = Project::new().file("a.exp", "let x =   \n").file("b.exp", "let   y = 4\n");
    project.run(&["fmt", "a.exp", "b.exp"]).code(2).says("E0102");
    assert_eq!(project.read("a.exp"), "let x =   \n");
    assert_eq!(project.read("b.exp"), "let y = 4\n");
}
