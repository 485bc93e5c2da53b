document.title = 'Handbook'
