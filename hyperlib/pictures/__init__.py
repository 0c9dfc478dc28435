"""Pictures: `words` describes them, `still` and `live` draw them, a file per lesson holds what only it shows."""
