//! Photos: uploaded, arranged, shown to whoever may see their listing; and refused.

use image::ImageFormat;
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::client::{Answer, Api, http};
use crate::harness::pictures::{black, plain, png_head, with_exif};
use crate::harness::server::World;
use crate::harness::shop::{Home, User, new_property, uuid_of};
use crate::harness::wait::{wait_for, wait_until};

/// Uploads a photo.
pub(crate) async fn upload(api: &Api, home: &str, file: &[u8]) -> Answer {
    let path = format!("properties/{home}/photos");
    api.call(Method::POST, &path).no_key().bytes(file.to_vec()).send().await
}

/// What a picture's address answers to a program without our client's checks: status,
/// headers, bytes.
pub(crate) async fn show(
    world: &World,
    viewer: Option<&User>,
    url: &str,
    headers: &[(&str, &str)],
) -> (u16, reqwest::header::HeaderMap, Vec<u8>) {
    let mut request = http().get(format!("{}{url}", world.url()));
    if let Some(viewer) = viewer {
        request = request.bearer_auth(&viewer.token);
    }
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    (status, headers, response.bytes().await.unwrap().to_vec())
}

async fn draft(world: &World, landlord: &User) -> Home {
    let draft = world.api(landlord).post("properties", &new_property(1, 9_000)).await.expect(201);
    Home { id: draft.text_at("/id"), unit_id: draft.text_at("/unit/id") }
}

async fn listed(api: &Api, home: &Home) -> (Vec<String>, String) {
    let answer = api.get(&format!("properties/{}/photos", home.id)).await.expect(200);
    let photos = answer.body["data"].as_array().unwrap();
    for (place, photo) in photos.iter().enumerate() {
        assert_eq!(photo["position"], json!(place), "{}", answer.text);
    }
    let ids = photos.iter().map(|photo| photo["id"].as_str().unwrap().to_owned()).collect();
    (ids, answer.header("etag").unwrap().to_owned())
}

#[tokio::test]
async fn a_photo_goes_from_upload_to_search() {
    let world = World::start().await;
    let landlord = world.landlord().await;
    let home = world.home(&landlord, 1, 9_000).await;
    let api = world.api(&landlord);
    let property = format!("properties/{}", home.id);
    let before = world.anonymous().get(&property).await.expect(200);
    assert_eq!(before.body["photos"], json!([]));

    let file = with_exif(&plain(200, 1000, [200, 30, 30], ImageFormat::Jpeg));
    let photo = upload(&api, &home.id, &file).await.body(201);
    assert_eq!((&photo["width"], &photo["height"]), (&json!(1000), &json!(200)), "{photo}");
    assert_eq!(photo["pictures"]["card"]["width"], 800);
    assert_eq!(photo["pictures"]["full"]["height"], 200);
    // The same file again is the same photo.
    assert_eq!(upload(&api, &home.id, &file).await.body(200), photo);
    let sql = world.sql().await;
    let events = "select count(*) from events where type = 'property.photo_added'";
    assert_eq!(sql.query_one(events, &[]).await.unwrap().get::<_, i64>(0), 1);

    for name in ["thumb", "card", "full"] {
        let url = photo["pictures"][name]["url"].as_str().unwrap();
        let (status, headers, bytes) = show(&world, None, url, &[]).await;
        assert_eq!((status, &bytes[..3]), (200, &b"\xff\xd8\xff"[..]), "{url}");
        assert!(!bytes.windows(4).any(|part| part == b"Exif" || part == b"GPS-"));
        assert_eq!(headers["content-type"], "image/jpeg");
        assert_eq!(headers["x-content-type-options"], "nosniff");
        assert_eq!(headers["cache-control"], "public, max-age=31536000, immutable");
        let image = image::load_from_memory(&bytes).unwrap();
        assert_eq!(json!(image.width()), photo["pictures"][name]["width"]);
        assert_eq!(json!(image.height()), photo["pictures"][name]["height"]);

        let etag = headers["etag"].to_str().unwrap();
        let known = show(&world, None, url, &[("if-none-match", etag)]).await;
        assert_eq!((known.0, known.2.len()), (304, 0));
        let ranged = show(&world, None, url, &[("range", "bytes=0-0,2-3,5-9")]).await;
        assert_eq!((ranged.0, ranged.2.len()), (200, bytes.len()));
        let head = http().head(format!("{}{url}", world.url())).send().await.unwrap();
        assert_eq!(head.headers()["content-length"], bytes.len().to_string());
        let by_id = format!("/api/v1/photos/{}/{name}", photo["id"].as_str().unwrap());
        assert_eq!(show(&world, None, &by_id, &[]).await.2, bytes);
    }

    // A reader of the listing is told that something is new; its owner can go on from that.
    let known = |etag: &str| {
        world.anonymous().call(Method::GET, &property).header("if-none-match", etag).send()
    };
    let old = before.header("etag").unwrap().to_owned();
    let now = known(&old).await.expect(200);
    assert_eq!(now.body["photos"], json!([photo]));
    let etag = now.header("etag").unwrap().to_owned();
    known(&etag).await.expect(304);
    let patch = api.call(Method::PATCH, &property).header("if-match", &etag);
    patch.json(&json!({"title": "Red flat by the canal"})).send().await.expect(200);
    let own = api.get("properties?owner=me").await.body(200);
    assert_eq!(own["data"][0]["cover"], photo["pictures"]);
    let card = wait_for("the home is found", async || {
        let answer = world.anonymous().get("search?q=red").await;
        answer.body["data"].as_array()?.first().cloned()
    })
    .await;
    assert_eq!(card["cover"], photo["pictures"], "{card}");
}

#[tokio::test]
async fn photos_of_a_draft_are_for_its_owner() {
    let world = World::start().await;
    let (owner, other, tenant) =
        (world.landlord().await, world.landlord().await, world.tenant().await);
    let home = draft(&world, &owner).await;
    let file = plain(40, 30, [1, 2, 3], ImageFormat::Png);
    let photo = upload(&world.api(&owner), &home.id, &file).await.body(201);
    let id = photo["id"].as_str().unwrap().to_owned();
    let url = photo["pictures"]["full"]["url"].as_str().unwrap().to_owned();
    let missing = url.replace(photo["sha256"].as_str().unwrap(), &"0".repeat(64));

    let (status, headers, bytes) = show(&world, Some(&owner), &url, &[]).await;
    assert_eq!((status, &headers["cache-control"]), (200, &"private, no-cache".parse().unwrap()));
    for viewer in [None, Some(&other), Some(&tenant)] {
        for url in [&url, &format!("/api/v1/photos/{id}/full"), &missing] {
            let api = world.api(viewer.unwrap_or(&tenant));
            let answer = api.get(url).await.problem(404, "not-found");
            assert_eq!(answer.header("cache-control"), Some("no-store"));
        }
    }
    for wrong in [
        url.replace("/full", "/original"),
        url.to_uppercase().replace("/API/V1/PHOTOS", "/api/v1/photos"),
    ] {
        world.anonymous().get(&wrong).await.problem(404, "not-found");
    }

    let list = format!("properties/{}/photos", home.id);
    world.anonymous().get(&list).await.problem(404, "not-found");
    upload(&world.api(&other), &home.id, &file).await.problem(404, "not-found");
    upload(&world.api(&tenant), &home.id, &file).await.problem(403, "forbidden");
    upload(&world.anonymous(), &home.id, &file).await.problem(401, "unauthenticated");
    let path = format!("photos/{id}");
    for (user, status, code) in [(&other, 404, "not-found"), (&tenant, 403, "forbidden")] {
        let api = world.api(user);
        let edit = api.call(Method::PATCH, &path).json(&json!({"caption": "mine"}));
        edit.send().await.problem(status, code);
        api.call(Method::DELETE, &path).no_key().send().await.problem(status, code);
        let order = api.call(Method::PUT, &format!("{list}/order")).header("if-match", "\"1\"");
        order.json(&json!({"photos": [id]})).send().await.problem(status, code);
    }
    assert_eq!(listed(&world.api(&owner), &home).await.0, [id.as_str()]);

    // The same picture on somebody's live home is everybody's; there it is another photo.
    let live = world.home(&other, 1, 9_000).await;
    let theirs = upload(&world.api(&other), &live.id, &file).await.body(201);
    assert_ne!(theirs["id"], json!(id));
    assert_eq!(show(&world, None, &url, &[]).await.2, bytes);
    assert_eq!(show(&world, None, &format!("/api/v1/photos/{id}/full"), &[]).await.0, 404);
    let api = world.api(&other);
    let gone = format!("photos/{}", theirs["id"].as_str().unwrap());
    api.call(Method::DELETE, &gone).no_key().send().await.expect(204);
    api.call(Method::DELETE, &gone).no_key().send().await.problem(404, "not-found");
    assert_eq!(show(&world, None, &url, &[]).await.0, 404);
    assert_eq!(show(&world, Some(&owner), &url, &[]).await.0, 200);
}

#[tokio::test]
async fn photos_have_an_order_without_gaps() {
    let world = World::start().await;
    let landlord = world.landlord().await;
    let home = draft(&world, &landlord).await;
    let api = world.api(&landlord);
    let mut ids = Vec::new();
    for number in 0..4 {
        let file = plain(8, 8, [number, 0, 0], ImageFormat::Png);
        ids.push(upload(&api, &home.id, &file).await.expect(201).text_at("/id"));
    }
    let (mut order, etag) = listed(&api, &home).await;
    assert_eq!(order, ids);
    let path = format!("properties/{}/photos/order", home.id);
    let put = |etag: &str, photos: Value| {
        let call = api.call(Method::PUT, &path).header("if-match", etag);
        call.json(&json!({"photos": photos})).send()
    };
    order.reverse();
    let answer = put(&etag, json!(order)).await.expect(200);
    assert_eq!(listed(&api, &home).await, (order.clone(), answer.header("etag").unwrap().into()));
    put(&etag, json!(ids)).await.problem(412, "precondition-failed");
    let bare = api.call(Method::PUT, &path).json(&json!({"photos": order}));
    bare.send().await.problem(428, "precondition-required");
    let etag = answer.header("etag").unwrap();
    for wrong in [json!([]), json!([ids[0]]), json!([ids[0], ids[0], ids[1], ids[2]])] {
        put(etag, wrong).await.problem(422, "validation");
    }

    let edit = async |id: &str, body: Value| {
        api.call(Method::PATCH, &format!("photos/{id}")).json(&body).send().await
    };
    let cover = edit(&ids[0], json!({"position": 0, "caption": " The view "})).await.body(200);
    assert_eq!((&cover["position"], &cover["caption"]), (&json!(0), &json!("The view")));
    assert_eq!(
        listed(&api, &home).await.0,
        [&ids[0], &ids[3], &ids[2], &ids[1]].map(String::clone)
    );
    edit(&ids[0], json!({"position": 99})).await.expect(200);
    assert_eq!(
        listed(&api, &home).await.0,
        [&ids[3], &ids[2], &ids[1], &ids[0]].map(String::clone)
    );
    for wrong in [
        json!({"caption": "x".repeat(201)}),
        json!({"caption": "two\nlines"}),
        json!({"position": -1}),
        json!({"colour": "red"}),
    ] {
        edit(&ids[0], wrong).await.problem(422, "validation");
    }
    let remove = |id: &str| api.call(Method::DELETE, &format!("photos/{id}")).no_key().send();
    remove(&ids[3]).await.expect(204);
    assert_eq!(listed(&api, &home).await.0, [&ids[2], &ids[1], &ids[0]].map(String::clone));

    // Whatever comes at the same time: every change is there, and the places have no gap.
    let coming = (10..16).map(|number| {
        let (api, home) = (&api, &home.id);
        async move {
            let file = plain(8, 8, [number, 0, 0], ImageFormat::Png);
            wait_until("the photo is there", async || {
                let answer = upload(api, home, &file).await;
                assert!(matches!(answer.status, 200 | 201 | 429), "{}", answer.text);
                answer.status != 429
            })
            .await;
        }
    });
    let going = ids[..3].iter().map(|id| async { remove(id).await.expect(204) });
    tokio::join!(
        futures_util::future::join_all(coming),
        futures_util::future::join_all(going),
        edit(&ids[1], json!({"position": 0})),
    );
    assert_eq!(listed(&api, &home).await.0.len(), 6);
}

#[tokio::test]
async fn what_is_no_photo_leaves_nothing() {
    let world = World::start().await;
    let landlord = world.landlord().await;
    let home = draft(&world, &landlord).await;
    let api = world.api(&landlord);
    let whole = plain(64, 64, [9, 9, 9], ImageFormat::Jpeg);
    for file in [
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>".to_vec(),
        b"<!doctype html><script>alert(1)</script>".to_vec(),
        b"GIF89a\x01\0\x01\0\0\0\0;".to_vec(),
        png_head(50_000, 50_000),
        whole[..whole.len() / 2].to_vec(),
        Vec::new(),
    ] {
        let answer = upload(&api, &home.id, &file).await.problem(422, "unsupported-image");
        assert_eq!(answer.body["retryable"], false);
    }
    let large = vec![0xff; 10 * 1024 * 1024 + 1];
    upload(&api, &home.id, &large).await.problem(413, "payload-too-large");
    // In pieces, nobody says beforehand how much it will be.
    let pieces: Vec<_> = large.chunks(1 << 20).map(|piece| Ok(piece.to_vec())).collect();
    let pieces: Vec<Result<_, std::io::Error>> = pieces;
    let body = reqwest::Body::wrap_stream(futures_util::stream::iter(pieces));
    let path = format!("properties/{}/photos", home.id);
    let answer = api.call(Method::POST, &path).no_key().bytes(body).send().await;
    answer.problem(413, "payload-too-large");
    let sql = world.sql().await;
    for table in ["photos", "blobs", "photo_lists"] {
        let count = sql.query_one(&format!("select count(*) from {table}"), &[]).await.unwrap();
        assert_eq!(count.get::<_, i64>(0), 0, "{table}");
    }
}

#[tokio::test]
async fn uploads_are_so_many_and_no_more() {
    let world = World::plan().set("PHOTOS_PER_USER", 1).start().await;
    let landlord = world.landlord().await;
    let home = draft(&world, &landlord).await;
    let api = world.api(&landlord);
    let file = |number: u8| plain(4, 4, [number, 0, 0], ImageFormat::Png);
    // An upload that does not end keeps its place until it is given up. It may itself have
    // come while the one that looks was there, and is sent again then.
    let path = format!("properties/{}/photos", home.id);
    let endless = || {
        let nothing = futures_util::stream::pending::<Result<Vec<u8>, std::io::Error>>();
        let body = reqwest::Body::wrap_stream(nothing);
        tokio::spawn(api.call(Method::POST, &path).no_key().bytes(body).try_send())
    };
    let mut slow = endless();
    let answer = wait_for("the place is taken", async || {
        if slow.is_finished() {
            slow = endless();
        }
        Some(upload(&api, &home.id, &file(0)).await).filter(|answer| answer.status == 429)
    })
    .await
    .problem(429, "rate-limited");
    assert!(answer.header("retry-after").is_some());
    let another = world.landlord().await;
    let theirs = draft(&world, &another).await;
    upload(&world.api(&another), &theirs.id, &file(0)).await.expect(201);
    slow.abort();
    wait_until("the place is free again", async || {
        upload(&api, &home.id, &file(0)).await.status != 429
    })
    .await;
    for number in 1..40 {
        upload(&api, &home.id, &file(number)).await.expect(201);
    }
    let refused = upload(&api, &home.id, &file(40)).await.problem(422, "validation");
    assert_eq!(refused.body["errors"][0]["code"], "too-many");
    upload(&api, &home.id, &file(7)).await.expect(200);
    assert_eq!(listed(&api, &home).await.0.len(), 40);
    let count = "select count(*) from photos where property_id = $1";
    let sql = world.sql().await;
    let count = sql.query_one(count, &[&uuid_of(&home.id)]).await.unwrap();
    assert_eq!(count.get::<_, i64>(0), 40);
}

#[tokio::test]
async fn large_pictures_take_bounded_memory() {
    let world = World::plan().set("PHOTOS_PERMITS", 1).set("PHOTOS_PER_USER", 20).start().await;
    let landlord = world.landlord().await;
    let home = draft(&world, &landlord).await;
    let api = world.api(&landlord);
    let memory = || {
        let status = std::fs::read_to_string(format!("/proc/{}/status", world.pid())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1024
    };
    let before = memory();
    // A few kilobytes each, and 49 and 2500 megabytes once they are unpacked.
    for files in [black(7_000, 7_000, 5), vec![png_head(50_000, 50_000); 5]] {
        assert!(files[0].len() < 300_000);
        let sent = files.iter().map(|file| upload(&api, &home.id, file));
        for answer in futures_util::future::join_all(sent).await {
            answer.problem(422, "unsupported-image");
        }
    }
    let grown = memory() - before;
    eprintln!("memory went from {before} MB up by {grown} MB");
    assert!(grown < 40, "{grown} MB more for pictures that are refused by their headers");
    let taken = black(3_000, 1_000, 1);
    upload(&api, &home.id, &taken[0]).await.expect(201);
}
