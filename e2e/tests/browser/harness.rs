//! The checks of every page find what they are there for.

use anyhow::Result;
use e2e::{Browsing, Person};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

const FAULTY: &str = r#"<!doctype html><html lang="en"><title>Faulty</title><link rel="icon" href="data:,"><h1>One</h1><h1>Two</h1>
<input name="nameless"><div style="width: 2000px">wide</div><script src="/blocked.js"></script></html>"#;
const SOUND: &str = r#"<!doctype html><html lang="en"><meta name="viewport" content="width=device-width"><title>Sound</title><link rel="icon" href="data:,">
<main><h1>One</h1><label for="a">Email</label><input id="a" name="a"><button>Go</button></main><script>document.querySelector("h1").textContent = "Changed"</script></html>"#;

#[tokio::test]
async fn faults_of_a_page_are_found() -> Result<()> {
    let home = serve(FAULTY, "script-src 'none'").await?;
    let person = Person::at(&home, "harness-faulty", Browsing::PHONE).await?;
    person.goes_to("/").await?;
    let faults = person.looks("page").await.unwrap_err().to_string();
    for fault in [
        "2 headings",
        "a field without a label: nameless",
        "px wide on a screen of 390 px",
        "Content Security Policy",
        "landmark-one-main",
    ] {
        assert!(faults.contains(fault), "{fault} is missing in {faults}");
    }
    Ok(())
}

#[tokio::test]
async fn a_sound_page_passes_with_its_scripts_on_and_off() -> Result<()> {
    let home = serve(SOUND, "script-src 'unsafe-inline'").await?;
    let person = Person::at(&home, "harness-on", Browsing::DESKTOP).await?;
    person.goes_to("/").await?;
    person.reads_heading("Changed").await?;
    person.looks("page").await?;
    let person = Person::at(&home, "harness-off", Browsing::PHONE.without_scripts()).await?;
    person.goes_to("/").await?;
    person.reads_heading("One").await?;
    person.fills("Email", "ann@example.org").await?;
    assert_eq!(person.value_of("Email").await?, "ann@example.org");
    person.presses("Go").await?;
    person.looks("page").await
}

/// Serves one page at every path.
async fn serve(page: &'static str, policy: &'static str) -> Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let home = format!("http://localhost:{}", listener.local_addr()?.port());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let _ = stream.read(&mut [0; 4096]).await;
                let answer = format!(
                    "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-security-policy: {policy}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{page}",
                    page.len()
                );
                let _ = stream.write_all(answer.as_bytes()).await;
            });
        }
    });
    Ok(home)
}
