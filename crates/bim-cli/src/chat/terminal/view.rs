//! How the screen looks: list, status line, input line.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Position, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::state::{Connection, Entry, State, Verdict};
use super::text::{clean, shown_lines, width, wrap};
use crate::shown::attendance_line;

/// What stands before the input line.
const PROMPT: &str = "> ";

/// Draws everything. Any size will do.
pub(super) fn draw(frame: &mut Frame<'_>, state: &mut State) {
    let areas = Layout::vertical([Constraint::Min(0), Constraint::Length(1), Constraint::Length(1)]);
    let [list, status, input] = areas.areas(frame.area());
    draw_list(frame, list, state);
    frame.render_widget(Paragraph::new(status_line(state)).style(Style::new().reversed()), status);
    draw_input(frame, input, state);
}

fn draw_list(frame: &mut Frame<'_>, area: Rect, state: &mut State) {
    let height = usize::from(area.height);
    let mut rows: Vec<Line<'static>> = Vec::new();
    let mut whole = true;
    for entry in state.entries.iter().rev() {
        if rows.len() >= height + state.scrolled {
            whole = false;
            break;
        }
        rows.extend(entry_rows(entry, usize::from(area.width)).into_iter().rev());
    }
    if whole {
        // No further than to the first row.
        state.scrolled = state.scrolled.min(rows.len().saturating_sub(height));
    }
    let shown: Vec<_> = rows.into_iter().skip(state.scrolled).take(height).collect();
    let shown: Vec<_> = shown.into_iter().rev().collect();
    let above = height.saturating_sub(shown.len());
    let area = Rect {
        y: area.y + u16::try_from(above).unwrap_or(0),
        height: area.height - u16::try_from(above).unwrap_or(0),
        ..area
    };
    frame.render_widget(Paragraph::new(shown), area);
}

fn entry_rows(entry: &Entry, cells: usize) -> Vec<Line<'static>> {
    match entry {
        Entry::Message { time, sender, text, high } => {
            let style = if *high { Style::new().add_modifier(Modifier::BOLD) } else { Style::new() };
            message_rows(time, sender, Color::Cyan, text, style, "", cells)
        }
        Entry::Own { time, text, verdict, .. } => {
            let (mark, style) = match verdict {
                Verdict::None | Verdict::Sending => (" …".to_owned(), Style::new().fg(Color::DarkGray)),
                Verdict::Accepted(_) => (String::new(), Style::new()),
                Verdict::Waiting(why) => (format!(" … {why}"), Style::new().fg(Color::Yellow)),
                Verdict::Refused(why) => (format!(" ✗ {why}"), Style::new().fg(Color::Red)),
            };
            message_rows(time, "you", Color::Green, text, style, &mark, cells)
        }
        Entry::Notice(text) => notice_rows(text, cells),
        Entry::Attendance { joined, left, online } => {
            notice_rows(&attendance_line(*joined, *left, *online).unwrap_or_default(), cells)
        }
    }
}

fn notice_rows(text: &str, cells: usize) -> Vec<Line<'static>> {
    let style = Style::new().fg(Color::DarkGray);
    let lines = shown_lines(text);
    lines.iter().flat_map(|line| wrap(line, cells)).map(|row| Line::styled(row, style)).collect()
}

fn message_rows(
    time: &str,
    sender: &str,
    color: Color,
    text: &str,
    style: Style,
    mark: &str,
    cells: usize,
) -> Vec<Line<'static>> {
    let sender = clean(sender);
    let head = format!("{time} {sender}  ");
    // In a narrow window the text would have no room beside the name.
    let indent = if width(&head) * 2 > cells { 2 } else { width(&head) };
    let mut lines = shown_lines(text);
    if let Some(last) = lines.last_mut() {
        last.push_str(mark);
    }
    let rows: Vec<_> = lines.iter().flat_map(|line| wrap(line, cells.saturating_sub(indent))).collect();
    let first = Line::from(vec![
        Span::styled(format!("{time} "), Style::new().fg(Color::DarkGray)),
        Span::styled(sender, Style::new().fg(color).add_modifier(Modifier::BOLD)),
        Span::raw("  "),
    ]);
    let indented = |row: String| Line::from(vec![Span::raw(" ".repeat(indent)), Span::styled(row, style)]);
    if indent == width(&head) {
        let mut rows = rows.into_iter();
        let mut first = first;
        first.spans.push(Span::styled(rows.next().unwrap_or_default(), style));
        std::iter::once(first).chain(rows.map(indented)).collect()
    } else {
        std::iter::once(first).chain(rows.into_iter().map(indented)).collect()
    }
}

fn status_line(state: &State) -> String {
    let connection = match &state.connection {
        Connection::Connecting => "connecting".to_owned(),
        Connection::Connected => "connected".to_owned(),
        Connection::Lost(why) => why.clone(),
    };
    let verdict = match &state.verdict {
        Verdict::None => String::new(),
        Verdict::Sending => " │ sending".to_owned(),
        Verdict::Accepted(position) => format!(" │ accepted {position}"),
        Verdict::Waiting(why) => format!(" │ waiting: {why}"),
        Verdict::Refused(why) => format!(" │ refused: {why}"),
    };
    let scrolled = if state.scrolled > 0 { " │ scrolled up, End for the newest" } else { "" };
    format!(" {} │ {connection} │ {} online{verdict}{scrolled}", clean(&state.room), state.online)
}

fn draw_input(frame: &mut Frame<'_>, area: Rect, state: &State) {
    let prompt = u16::try_from(PROMPT.len()).unwrap_or(2).min(area.width);
    let cells = area.width - prompt;
    let (text, cursor) = state.input.visible(usize::from(cells));
    let hint = state.input.is_empty() && cells > 40;
    let line = if hint {
        Line::from(vec![
            Span::raw(PROMPT),
            Span::styled("type a message; /help", Style::new().fg(Color::DarkGray)),
        ])
    } else {
        Line::from(vec![Span::raw(PROMPT), Span::raw(text)])
    };
    frame.render_widget(Paragraph::new(line), area);
    if area.width > 0 {
        let column = prompt + u16::try_from(cursor).unwrap_or(0);
        frame.set_cursor_position(Position::new(area.x + column.min(area.width - 1), area.y));
    }
}

#[cfg(test)]
mod tests {
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;

    use super::*;

    fn screen(state: &mut State, columns: u16, rows: u16) -> Vec<String> {
        let mut terminal = Terminal::new(TestBackend::new(columns, rows)).unwrap();
        terminal.draw(|frame| draw(frame, state)).unwrap();
        let buffer = terminal.backend().buffer().clone();
        let row = |y| {
            let mut text = String::new();
            let mut skip = 0;
            for x in 0..columns {
                let symbol = buffer[(x, y)].symbol();
                if skip == 0 {
                    text.push_str(symbol);
                    skip = width(symbol).saturating_sub(1);
                } else {
                    skip -= 1;
                }
            }
            text.trim_end().to_owned()
        };
        (0..rows).map(row).collect()
    }

    fn message(sender: &str, text: &str) -> Entry {
        Entry::Message { time: "12:34".into(), sender: sender.into(), text: text.into(), high: false }
    }

    fn state() -> State {
        let mut state = State { room: "lobby".into(), online: 3, ..State::default() };
        state.connection = Connection::Connected;
        state
    }

    #[test]
    fn messages_stand_above_the_status_and_the_input() {
        let mut state = state();
        state.add(message("alice", "hello"));
        state.input.insert("typed");
        assert_eq!(
            screen(&mut state, 60, 5),
            ["", "", "12:34 alice  hello", " lobby │ connected │ 3 online", "> typed"]
        );
    }

    #[test]
    fn who_comes_and_goes_is_counted_on_one_line() {
        let mut state = state();
        state.attendance(3, 1, 128);
        assert_eq!(screen(&mut state, 60, 3)[0], "+3 -1, 128 online");
    }

    #[test]
    fn wide_and_right_to_left_text_is_wrapped_by_cells() {
        let mut state = state();
        state.add(message("李", "直播群公告牌"));
        state.add(message("דן", "שלום 👋"));
        let rows = screen(&mut state, 20, 5);
        assert_eq!(rows[..3], ["12:34 李  直播群公告", "          牌", "12:34 דן  שלום 👋"]);
    }

    #[test]
    fn an_own_message_shows_what_became_of_it() {
        let mut state = state();
        let text = "hi".to_owned();
        state.add(Entry::Own { line: 1, time: "12:34".into(), text, verdict: Verdict::Sending });
        assert_eq!(screen(&mut state, 60, 3)[0], "12:34 you  hi …");
        state.settle(1, Verdict::Waiting("sending too fast".into()));
        assert_eq!(screen(&mut state, 60, 3)[0], "12:34 you  hi … sending too fast");
        state.settle(1, Verdict::Accepted("7:42".into()));
        let rows = screen(&mut state, 60, 3);
        assert_eq!(rows[0], "12:34 you  hi");
        assert!(rows[1].ends_with("accepted 7:42"));
    }

    #[test]
    fn scrolling_ends_at_the_first_row() {
        let mut state = state();
        for number in 0..10 {
            state.notice(format!("n{number}"));
        }
        state.scroll_up(1_000);
        assert_eq!(screen(&mut state, 60, 5)[..3], ["n0", "n1", "n2"]);
        assert_eq!(state.scrolled, 7);
    }

    #[test]
    fn no_size_is_too_small() {
        let mut state = state();
        state.add(message("alice", "群 hello\nworld"));
        state.input.insert("群");
        for columns in 1..12 {
            for rows in 1..5 {
                screen(&mut state, columns, rows);
            }
        }
    }
}
