"""What the window shows: the dock "Verifica STTM 2", its dialogs, its tasks. Computes nothing."""
