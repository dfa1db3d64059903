use super::*;

#[test]
fn every_row_is_documented() {
    for Place { block, entry } in all() {
        let name = entry.name;
        assert!(!entry.meaning.is_empty(), "{block} {name} has a meaning");
        assert!(
            !entry.meaning.ends_with('.'),
            "{block} {name} ends without full stop"
        );
        if let Some(instead) = entry.instead {
            assert!(
                all().iter().any(|place| place.entry.name == instead),
                "{block} {name} is replaced by a keyword that exists"
            );
        }
    }
}

#[test]
fn no_keyword_stands_twice_in_a_block() {
    let mut seen = std::collections::HashSet::new();
    for Place { block, entry } in all() {
        assert!(seen.insert((block, entry.name)), "{block} {}", entry.name);
    }
}

#[test]
fn a_keyword_of_several_blocks_is_explained_for_each() {
    insta::assert_snapshot!(explain("priority").unwrap());
    insta::assert_snapshot!(explain("weight").unwrap());
    insta::assert_snapshot!(explain("track_script").unwrap());
    insta::assert_snapshot!(explain("vrrp_vmac_garp_intvl").unwrap());
}

#[test]
fn an_unknown_keyword_leads_to_the_nearest_one() {
    assert_eq!(
        explain("virtual_routerid").unwrap_err().to_string(),
        "there is no keyword `virtual_routerid`; did you mean `virtual_router_id`?"
    );
    assert_eq!(
        explain("banana").unwrap_err().to_string(),
        "there is no keyword `banana`"
    );
}

#[test]
fn a_code_is_explained_too() {
    let text = explain("KA0501").unwrap();
    assert!(
        text.starts_with("KA0501\n  meaning   An instance without"),
        "{text}"
    );
    assert!(
        text.contains("\n  way out   write `virtual_router_id N`"),
        "{text}"
    );
    assert!(explain("KA0002").is_err());
}

#[test]
fn the_list_has_a_line_for_each_keyword() {
    insta::assert_snapshot!(list());
}
